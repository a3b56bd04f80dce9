package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.syscallkernel.contract.KernelContract;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContractsTest {
    @Test
    void everyContractIsRunOverTcpAndOverAUnixSocket() throws ClassNotFoundException {
        List<JavaClass> contracts = new ClassFileImporter()
                .importPackages(KernelContract.class.getPackageName()).stream()
                        .filter(type ->
                                type.isAssignableTo(KernelContract.class) && !type.isEquivalentTo(KernelContract.class))
                        .toList();
        assertThat(contracts).isNotEmpty();
        for (JavaClass contract : contracts) {
            String subject = contract.getSimpleName().replace("Contract", "");
            for (String transport : List.of("Tcp", "Unix")) {
                Class<?> test = Class.forName(getClass().getPackageName() + "." + transport + subject + "Test");
                assertThat(test.getSuperclass()).isEqualTo(contract.reflect());
            }
        }
    }
}
